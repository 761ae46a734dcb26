/** The shop's last page: where the cakes go, and a card that nobody else gets to see. */
import { cakesIn, readBasket, totalOf, watchBasket, writeBasket } from '../shop/basket';
import { countBasket } from '../shop/count-basket';
import { byId } from '../ui/dom';
import { openLiveHelp } from '../ui/live-help';

const form = byId('checkout', HTMLFormElement);
const summary = byId('summary', HTMLElement);
const card = byId('card-number', HTMLInputElement);
const cardSaid = byId('card-said', HTMLElement);
const thanks = byId('thanks', HTMLElement);

openLiveHelp();
const count = countBasket();
watchBasket(render);
render();

card.addEventListener('input', () => {
  const digits = card.value.replace(/\D/g, '');
  cardSaid.textContent = digits.length < 12 ? '' : `The card that ends in ${digits.slice(-4)} will be charged.`;
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (readBasket().length === 0) {
    thanks.textContent = 'Your basket is empty: choose a cake first.';
    return;
  }
  const name = String(new FormData(form).get('name') ?? '');
  thanks.textContent = `Thank you${name === '' ? '' : `, ${name}`}. We are baking. (Nothing was charged: this is a demo.)`;
  writeBasket([]);
  form.reset();
  cardSaid.textContent = '';
  count();
  render();
});

function render(): void {
  const lines = readBasket();
  summary.textContent = lines.length === 0 ? 'Your basket is empty.' : `${cakesIn(lines)}, € ${totalOf(lines)}.`;
}
