/**
 * `sessionStorage`, where it can be used. A value that is lost only means that the tab does not know its session after a reload.
 *
 * The frames of a page share it with the page. So each keeps its values under its place in the tab: a frame must not take the
 * page's session for its own, nor the page a frame's.
 */
import { attempt } from './attempt';
import type { TabStorage } from './platform';

export function sessionTabStorage(): TabStorage {
  // Of when it was first asked for: if a frame is removed, those behind it move up, until the page is loaded again.
  let place: string | undefined;
  const own = (key: string): string => {
    place ??= placeInTab(window);
    return place + key;
  };
  return {
    get: (key) => attempt(() => sessionStorage.getItem(own(key))),
    set(key, value) {
      attempt(() => (value === null ? sessionStorage.removeItem(own(key)) : sessionStorage.setItem(own(key), value)));
    },
  };
}

/** '' for the page itself, '2/0/' for the first frame in its third frame. What is read of `parent` can be read across origins. */
function placeInTab(view: Window): string {
  const { parent } = view;
  if (parent === view) return '';
  let index = 0;
  // A frame in a shadow tree is in no list: its index is that of one more.
  while (index < parent.length && parent[index] !== view) index += 1;
  return `${placeInTab(parent)}${index}/`;
}
