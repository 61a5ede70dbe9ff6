// Makes one element look like another with as few changes as possible, so that focus, selection and scroll stay.
// Children with an id or a data-row stay the same element wherever they move. `data-keep`: left alone altogether.
// `data-own="aria-expanded tabindex"`: attributes that a script of the page sets, and nobody else.

const keyOf = (node) => node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.row || "" : "";

export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.isEqualNode(fresh) || old.hasAttribute("data-keep")) return;
  const own = ["open", ...(old.dataset.own ?? "").split(" ")];
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !own.includes(name)) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const keyed = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = keyOf(child);
    const same = key ? keyed.get(key) : place && !keyOf(place) && place.nodeName === child.nodeName ? place : null;
    if (!same) {
      old.insertBefore(child, place);
    } else {
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      morph(same, child);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
