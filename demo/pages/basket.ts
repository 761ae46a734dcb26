/** The shop's second page: what was chosen, how many of each, and what it costs. */
import { type BasketLine, MAX_COUNT, priceOf, readBasket, totalOf, watchBasket, writeBasket } from '../shop/basket';
import { createCakeView, describe } from '../shop/cake-view';
import { countBasket } from '../shop/count-basket';
import { byId, h } from '../ui/dom';
import { openLiveHelp } from '../ui/live-help';

const list = byId('lines', HTMLElement);
const empty = byId('empty', HTMLElement);
const sum = byId('sum', HTMLElement);
const total = byId('total', HTMLElement);

openLiveHelp();
const count = countBasket();
watchBasket(render);
render();

function render(): void {
  const lines = readBasket();
  empty.hidden = lines.length > 0;
  sum.hidden = lines.length === 0;
  total.textContent = `€ ${totalOf(lines)}`;
  list.replaceChildren(...lines.map((line, index) => row(line, index, lines)));
}

function row({ cake, count: many }: BasketLine, index: number, lines: readonly BasketLine[]): HTMLElement {
  const picture = createCakeView();
  picture.show(cake);
  const select = h('select', { 'aria-label': `How many of: ${describe(cake)}`, 'data-testid': 'count' });
  for (let value = 1; value <= MAX_COUNT; value += 1) {
    select.append(h('option', { selected: value === many }, String(value)));
  }
  select.addEventListener('change', () => {
    change(lines.map((line, place) => (place === index ? { ...line, count: Number(select.value) } : line)));
    list.querySelectorAll('select')[index]?.focus();
  });
  const remove = h('button', { type: 'button', 'aria-label': `Remove: ${describe(cake)}` }, 'Remove');
  remove.addEventListener('click', () => change(lines.filter((_, place) => place !== index)));
  return h(
    'li',
    { class: 'basket-line', 'data-testid': 'basket-line' },
    picture.element,
    h('p', {}, describe(cake)),
    h('p', { class: 'price' }, `€ ${priceOf(cake) * many}`),
    h('div', { class: 'buttons' }, select, remove),
  );
}

function change(lines: readonly BasketLine[]): void {
  writeBasket(lines);
  count();
  render();
}
