/** Says beside the basket's link how much is in it. Returns what counts again. */
import { byId } from '../ui/dom';
import { cakesIn, readBasket, watchBasket } from './basket';

export function countBasket(): () => void {
  const count = byId('basket-count', HTMLElement);
  const render = () => {
    const lines = readBasket();
    count.textContent = lines.length === 0 ? '' : cakesIn(lines);
  };
  watchBasket(render);
  render();
  return render;
}
