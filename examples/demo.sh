#!/usr/bin/env bash
# An Urgent Action of 2019 from the first look to the refusal to send it today. Nothing leaves this
# machine, and nothing is written but .uadispatch/.
set -eu
cd "$(dirname "$0")/.."

campaign=config/campaigns/ua-46-19.yaml
day=2019-08-20T09:00Z # four days after it was issued
uadispatch=.venv/bin/uadispatch
[ -x "$uadispatch" ] || { echo "uadispatch is not installed here: run make demo" >&2; exit 1; }

# The same for everybody, whatever they have set up for real.
for name in $(compgen -e UADISPATCH_ || true); do unset "$name"; done

heading() { printf '\n== %s\n\n' "$*"; }
show() { echo "\$ uadispatch $*"; "$uadispatch" "$@"; }

heading "1. Look, as of 20 August 2019: what would go out, and what speaks against it"
show dry-run "$campaign" --now "$day"

export UADISPATCH_FAX_GATEWAY=telnyx # the stand-in of that gateway; no key is needed for it
heading "2. Rehearse: the real adapters really send, to stand-ins on this machine"
exec 3>&1 # its words go straight on; its JSON object is kept, for the folder that it names
echo "\$ report=\$(uadispatch rehearse $campaign --now $day --show --json)"
report=$("$uadispatch" rehearse "$campaign" --now "$day" --show --json 2>&3)
folder=$(.venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["folder"])' <<<"$report")

heading "3. What the rehearsal's journal says of every message"
show status "$campaign" --messages --journal "$folder/journal.db"

heading "4. What people would have to do, as a page"
show tasks 46/19 --journal "$folder/journal.db" --html "$folder" --now "$day"

heading "5. Send it today: refused, because the deadline was in 2019"
code=0
show send "$campaign" --yes || code=$?
if [ "$code" -ne 3 ]; then
  echo "The send should have been refused with exit code 3, and ended with $code." >&2
  exit 1
fi
printf '\nExit code 3: a guard refused every message; nothing was sent. That is as it should be.\n'
