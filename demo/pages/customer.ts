/** The shop's first page: a cake to order, and live help that is one session in all tabs. */
import { createService } from '../service';
import { parseInfo } from '../session-info';
import { addToBasket } from '../shop/basket';
import { type Cake, PLAIN_CAKE, parseCake } from '../shop/cake';
import { createCakeView } from '../shop/cake-view';
import { countBasket } from '../shop/count-basket';
import { byId } from '../ui/dom';
import { openLiveHelp, SITE } from '../ui/live-help';
import { offerTrouble } from '../ui/trouble';

const view = createCakeView();
const order = byId('order', HTMLFormElement);
const stage = byId('stage', HTMLElement);
const added = byId('added', HTMLElement);
const agentLink = byId('be-agent', HTMLAnchorElement);
const pinRequired = byId('pin-required', HTMLInputElement);
let cake: Cake = PLAIN_CAKE;

const support = openLiveHelp({ pinRequired: () => pinRequired.checked });
support.subscribe(addressAgent);
stage.append(view.element);
order.addEventListener('input', showOrder);
order.addEventListener('submit', (event) => {
  event.preventDefault();
  addToBasket(cake);
  count();
  added.textContent = 'It is in your basket.';
});
const count = countBasket();
showOrder();
addressAgent();
offerTrouble(support, createService(SITE));

function showOrder(): void {
  const { sponge, icing, topping, tiers, wish } = Object.fromEntries(new FormData(order));
  cake = parseCake({ sponge, icing, topping, tiers: Number(tiers), wish }) ?? cake;
  view.show(cake);
  added.textContent = '';
}

/** Whoever plays the agent, too, finds the PIN filled in. */
function addressAgent(): void {
  agentLink.hash = parseInfo(support.getSnapshot().info)?.pin ?? '';
}
