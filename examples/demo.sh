#!/usr/bin/env bash
# A real Urgent Action of 2019, from the document that staff received to the notice that closed it.
# Nothing leaves this machine, and nothing is written but .uadispatch/.
set -eu
cd "$(dirname "$0")/.."

uadispatch=$PWD/.venv/bin/uadispatch
python=$PWD/.venv/bin/python
[ -x "$uadispatch" ] || { echo "uadispatch is not installed here: run make demo" >&2; exit 1; }

# The same for everybody, whatever they have set up for real.
for name in $(compgen -e UADISPATCH_ || true); do unset "$name"; done

campaign=config/campaigns/ua-46-19.yaml
day=2019-08-20T09:00Z # four days after it was issued

heading() { printf '\n== %s\n\n' "$*"; }
show() { # the command as it can be typed, and what it says
  printf '$ uadispatch'
  for word in "$@"; do
    case $word in *[!A-Za-z0-9_.,:=/+-]*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  echo
  "$uadispatch" "$@"
}
expect() { # the exit code that is right here, and the command
  local code=0 wanted=$1
  shift
  show "$@" || code=$?
  [ "$code" -eq "$wanted" ] || { echo "It should have ended with $wanted, not $code." >&2; exit 1; }
}

rm -rf .uadispatch/demo
"$uadispatch" init .uadispatch/demo >/dev/null
cp tests/documents/ua-46-19-*.txt .uadispatch/demo
cd .uadispatch/demo

heading "1. Import the document: every field with its line, and how sure it is"
show import ua-46-19-second-ua.txt

export UADISPATCH_FAX_GATEWAY=telnyx # to look at and rehearse; no key is needed for its stand-in
heading "2. Look, as of 20 August 2019: what would go out, and what speaks against it; as a page, too"
show dry-run "$campaign" --now "$day"
echo
show dry-run "$campaign" --now "$day" --html

heading "3. Rehearse: the real adapters really send, to stand-ins on this machine; see its page"
exec 3>&1 # its words go straight on; its JSON object is kept, for the folder that it names
echo "\$ report=\$(uadispatch rehearse $campaign --now $day --show --json)"
report=$("$uadispatch" rehearse "$campaign" --now "$day" --show --json 2>&3)
folder=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["folder"])' <<<"$report")

heading "4. What the rehearsal's journal says of every message"
show status "$campaign" --messages --journal "$folder/journal.db"

heading "5. What people would have to do, as a page"
show tasks 46/19 --journal "$folder/journal.db" --html "$folder" --now "$day"

heading "6. What there would be to report, and that it was a rehearsal; as a page, too"
expect 0 report 46/19 --journal "$folder/journal.db" --html "$folder"

heading "7. Approve what was looked at: from now on send refuses whatever is changed"
digest=$("$uadispatch" dry-run "$campaign" --now "$day" --json 2>/dev/null |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["digest"][:12])')
show approve "$campaign" "$digest" --by "Ann Example"

heading "8. Send it today: refused, because the deadline was in 2019"
expect 3 send "$campaign" --yes
printf '\nExit code 3: a guard refused every message; nothing was sent. That is as it should be.\n'

heading "9. Import the notice that closed it. By a slip its last line names 46/16: a person is asked"
expect 1 import ua-46-19-final-output.txt
printf '\nExit code 1: a person must look. Until then the campaign is held:\n\n'
show status "$campaign"

heading "10. The person confirms: it is closed, whatever any copy of its file says"
show import ua-46-19-final-output.txt --closes "$campaign"
echo
expect 3 send "$campaign" --yes
printf '\nExit code 3: nothing of it goes out any more.\n'
