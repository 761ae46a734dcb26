/** A handful of confetti over the whole page, or nothing where the reader asked for less motion. */
import { h } from './dom';

const PIECES = 70;
const COLORS = ['#d9487d', '#f2cf4a', '#6cc5a3', '#6d74c9', '#e4572e'] as const;

export function throwConfetti(): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const shower = h('div', { class: 'confetti', 'aria-hidden': 'true', 'data-testid': 'confetti' });
  const falls = Array.from({ length: PIECES }, (_, index) => {
    const piece = h('span');
    piece.style.backgroundColor = COLORS[index % COLORS.length] ?? '#d9487d';
    piece.style.left = `${Math.random() * 100}%`;
    shower.append(piece);
    const drift = (Math.random() - 0.5) * 240;
    const turns = 360 + Math.random() * 720;
    return piece.animate(
      [
        { transform: 'translate(0, -10vh)', opacity: 1 },
        { transform: `translate(${drift}px, 105vh) rotate(${turns}deg)`, opacity: 0.9 },
      ],
      {
        duration: 1_800 + Math.random() * 1_400,
        delay: Math.random() * 350,
        easing: 'cubic-bezier(.2,.6,.6,1)',
        fill: 'both',
      },
    );
  });
  document.body.append(shower);
  void Promise.allSettled(falls.map((fall) => fall.finished)).then(() => shower.remove());
}
