// What a person's hands and eyes find on a page: by the words they read, or by the name under which a field is sent.
// Put in front of every question the tests ask; no page ever loads it.
const words = (node) => node.textContent.replace(/\s+/g, " ").trim();
const bare = (node) => {
  const copy = node.cloneNode(true);
  for (const extra of copy.querySelectorAll(".note, .visually-hidden")) extra.remove();
  return words(copy);
};
const open = (node) => {
  for (let fold = node.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) {
    if (fold.querySelector("summary") !== node) fold.open = true;
    else break;
  }
  return node;
};
const only = (found, what) => {
  const all = [...new Set(found.filter(Boolean))];
  if (all.length !== 1) throw new Error(`${all.length} times “${what}” on ${location.pathname}: ${words(document.body).slice(0, 1500)}`);
  return open(all[0]);
};
const field = (what) => {
  if (what.startsWith("#")) return only([...document.querySelectorAll(what)], what);
  const named = [...document.querySelectorAll("main [name]")].filter((node) => node.name === what && node.type !== "hidden");
  if (named.length) return only(named, what);
  return only([...document.querySelectorAll("main label")].filter((label) => bare(label) === what).map((label) => label.control), what);
};
const handle = (what) => {
  const all = [...document.querySelectorAll("button, a, summary")].filter((node) => words(node) === what);
  const near = all.filter((node) => !node.closest("details:not([open])") || node.matches("summary"));
  return open(near[0] ?? all[0] ?? only([], what));
};
// The middle of what can be pressed, once it is in sight and nothing lies over it.
const place = (node) => {
  node.scrollIntoView({ block: "center", behavior: "instant" });
  const box = node.getClientRects()[0];
  if (!box) throw new Error(`“${words(node)}” takes no room on the page`);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const top = document.elementFromPoint(at.x, at.y);
  if (!top || !(node.contains(top) || top.contains(node))) throw new Error(`“${words(node)}” lies under “${top && words(top).slice(0, 80)}”`);
  return at;
};
