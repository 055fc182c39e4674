(() => {
  "use strict";
  const nonce = document.currentScript.nonce;
  const by = (id) => document.getElementById(id);
  const form = by("filter"), count = by("count");
  const FIELDS = ["q", "channel", "language", "state", "odd", "changed"];
  // What a state does not tell: how a card says it, and a row of the index.
  const SIGNS = { "held": { in: "held", bit: 4 }, "kept back": { in: "kept", bit: 8 } };
  const number = (n) => n.toLocaleString("en");

  // Lines that several messages share stand in the first of them; the others get them when opened.
  const fill = (root) => {
    for (const link of root.querySelectorAll("a.same")) {
      const kept = by(link.hash.slice(1));
      if (kept) link.replaceWith(kept.textContent);
    }
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.open) fill(event.target);
  }, true);
  for (const open of document.querySelectorAll("details[open]")) fill(open);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) { each.open = true; fill(each); }
  });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });

  const wish = () => {
    const found = {};
    for (const name of FIELDS) {
      const field = form.elements[name];
      found[name] = !field ? "" : field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim();
    }
    return found;
  };
  const asks = (wanted) => FIELDS.some((name) => wanted[name]);
  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text, wanted) => { const low = text.toLowerCase(); return wanted.every((word) => low.includes(word)); };

  // The address keeps what is asked for, so that it can be passed on.
  const remember = (wanted) => {
    const kept = new URLSearchParams(FIELDS.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
    const hash = kept.size ? "#" + kept : "";
    if (hash === location.hash || (!hash && !location.hash.includes("="))) return;
    try { history.replaceState(null, "", hash || location.pathname + location.search); } catch { location.hash = hash; }
  };
  const recall = () => {
    if (!location.hash.includes("=")) return false;
    const kept = new URLSearchParams(location.hash.slice(1));
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = kept.get(name) === "1";
      else field.value = kept.get(name) || "";
    }
    return true;
  };

  // One page: what is not asked for is hidden.
  const sections = [...document.querySelectorAll("section.target")].map((section) => ({
    section,
    text: ["h3", ".who"].map((part) => section.querySelector(part).textContent).join(" "),
    cards: [...section.querySelectorAll("article.message")].map((card) => ({
      card, text: card.querySelector(".to").textContent,
    })),
  }));
  const fits = (card, wanted) =>
    (!wanted.channel || card.dataset.channel === wanted.channel) &&
    (!wanted.language || card.dataset.language === wanted.language) &&
    (!wanted.state || card.dataset.state === wanted.state || SIGNS[wanted.state]?.in in card.dataset) &&
    (!wanted.odd || "odd" in card.dataset) &&
    (!wanted.changed || "changed" in card.dataset);
  const narrow = (wanted) => {
    const looked = words(wanted.q), others = FIELDS.slice(1).some((name) => wanted[name] && name !== "odd");
    let shown = 0, all = 0, targets = 0;
    for (const { section, text, cards } of sections) {
      let its = 0;
      for (const { card, text: to } of cards) {
        const good = has(text + " " + to, looked) && fits(card, wanted);
        card.hidden = !good;
        its += good;
      }
      // A target that nobody reaches stands out, too.
      const good = its > 0 || (!cards.length && !others && has(text, looked));
      section.hidden = !good;
      shown += its; all += cards.length; targets += good;
    }
    by("none").hidden = targets > 0;
    count.textContent = asks(wanted)
      ? `${number(shown)} of ${number(all)} messages shown`
      : `${number(all)} ${all === 1 ? "message" : "messages"}`;
  };

  // Many pages: the index is asked, which comes when it is first needed.
  const files = Number(form.dataset.files), MOST = 100;
  const chunks = [];
  let loading = null;
  window.dryRunIndex = (file, chunk) => { chunks[file - 1] = chunk; };
  const load = () => loading ||= Promise.all(Array.from({ length: files }, (_, file) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.src = `search/${String(file + 1).padStart(4, "0")}.js`;
    script.onload = done;
    script.onerror = () => failed(new Error(script.src));
    document.head.append(script);
  })));
  const line = (found) => {
    const { page, id, name, role, row, words: w } = found;
    const item = document.createElement("li"), link = document.createElement("a"), who = document.createElement("bdi");
    link.href = `pages/${String(page).padStart(4, "0")}.html#m-${row[0]}`;
    link.textContent = `${id}/${w[row[1]]}`;
    who.textContent = role ? `${name}, ${role}` : name;
    const to = document.createElement("bdi");
    to.textContent = row[5];
    to.className = "quiet";
    item.append(link, " ", who, " ", to, ` ${w[row[2]]}, ${w[row[3]].replace("_", " ")}${row[4] & 4 ? ", held" : ""}${row[4] & 8 ? ", kept back" : ""}`);
    return item;
  };
  const look = (wanted) => {
    const looked = words(wanted.q), first = [];
    let all = 0;
    for (const { words: w, targets } of chunks) {
      for (const [page, id, name, role, country, rows] of targets) {
        const text = `${id} ${name} ${role} ${country}`;
        for (const row of rows) {
          if (wanted.channel && w[row[1]] !== wanted.channel) continue;
          if (wanted.language && w[row[2]] !== wanted.language) continue;
          if (wanted.state && w[row[3]] !== wanted.state && !(row[4] & SIGNS[wanted.state]?.bit)) continue;
          if (wanted.odd && !(row[4] & 1)) continue;
          if (wanted.changed && !(row[4] & 2)) continue;
          if (!has(`${text} ${row[5]}`, looked)) continue;
          if (++all <= MOST) first.push({ page, id, name, role, row, words: w });
        }
      }
    }
    return { first, all };
  };
  let turn = 0;
  const search = async (wanted) => {
    const mine = ++turn, found = by("found");
    if (!asks(wanted)) {
      found.hidden = true;
      count.textContent = "";
      return;
    }
    count.textContent = "Searching ...";
    try { await load(); } catch (error) {
      loading = null;
      count.textContent = `The index cannot be read (${error.message}): is the folder complete?`;
      return;
    }
    if (mine !== turn) return;
    const { first, all } = look(wanted);
    const list = document.createElement("ol");
    list.className = "found";
    list.append(...first.map(line));
    found.replaceChildren(list);
    found.hidden = false;
    count.textContent = `${number(all)} ${all === 1 ? "message" : "messages"} found${all > MOST ? `; the first ${MOST} are listed` : ""}`;
  };

  const apply = () => {
    const wanted = wish();
    remember(wanted);
    if (files) search(wanted); else narrow(wanted);
  };
  const go = () => {
    if (recall()) return apply();
    // A link to one message opens it, whatever is asked for.
    const place = location.hash.length > 1 && by(location.hash.slice(1));
    if (!place) return;
    if (place.closest("[hidden]")) { form.reset(); apply(); }
    for (const each of place.querySelectorAll("details.seen")) { each.open = true; fill(each); }
    place.scrollIntoView();
  };

  let waits = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waits);
    waits = setTimeout(apply, event.target.name === "q" ? 200 : 0);
  });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waits); apply(); });
  const fold = by("fold");
  if (fold) {
    const texts = () => [...document.querySelectorAll("details.seen")];
    const name = () => { fold.textContent = texts().some((each) => each.open) ? "Close all texts" : "Open all texts"; };
    fold.addEventListener("click", () => {
      const open = !texts().some((each) => each.open);
      for (const each of texts()) each.open = open;
      name();
    });
    name();
  }
  form.hidden = false;
  addEventListener("hashchange", go);
  if (files) count.textContent = ""; else narrow(wish());
  go();
})();
