/** The tab lab: live tabs side by side, their timeline, the fifteen codes, and the world in which the service lives. */
import { type RecoveryPolicy, SESSION_ERRORS } from 'solotab';
import { EXPERIMENTS, type Experiment, play } from '../lab/experiments';
import { createExtras } from '../lab/extras';
import { lookOn } from '../lab/onlooker';
import { createLabTabs } from '../lab/tabs';
import type { Conditions } from '../server/conditions';
import { createService, currentUser, type SiteView, type Trouble } from '../service';
import { byId, h } from '../ui/dom';

const SITE = 'lab';
const FIRST_TABS = 3;
const AGENTS = 5;
const PACE_MS = 400;

const recovery = byId('recovery', HTMLSelectElement);
const addTab = byId('add-tab', HTMLButtonElement);
const progress = byId('progress', HTMLElement);
const produceAll = byId('produce-all', HTMLButtonElement);
const form = byId('conditions', HTMLFormElement);
const said = byId('said', HTMLElement);

const service = createService(SITE);
const extras = createExtras(SITE);
const tabs = createLabTabs({
  // The options of the page's own select.
  recovery: () => recovery.value as RecoveryPolicy,
  onCount(hasRoom) {
    addTab.disabled = !hasRoom;
  },
});
const rows = EXPERIMENTS.map((experiment) => ({ experiment, ...createRow(experiment) }));

byId('tabs', HTMLElement).append(tabs.element);
lookOn(byId('timeline', HTMLElement), SITE, tabs.nameOf);
byId('codes', HTMLElement).append(...rows.map(({ element }) => element));
tabs.listen(({ type }) => {
  if (type === 'state') refreshSoon();
});
for (let count = 0; count < FIRST_TABS; count += 1) tabs.add();
addTab.addEventListener('click', () => tabs.add());
recovery.addEventListener('change', () => tabs.reloadAll());
offerExperiments();
offerConditions();
addEventListener('pagehide', () => void extras.leave());

function createRow({ code, how, local }: Experiment) {
  const arrived = h('td', { class: 'arrived', 'data-testid': `arrived-${code}` }, '–');
  const button = h('button', { type: 'button', 'data-testid': `produce-${code}` }, 'Produce');
  button.setAttribute('aria-label', `Produce ${code}`);
  const element = h(
    'tr',
    { 'data-testid': `code-${code}` },
    h(
      'th',
      { scope: 'row' },
      h('b', { class: 'code-number' }, String(code)),
      h('span', { class: 'code-name' }, SESSION_ERRORS[code].exception),
    ),
    h(
      'td',
      { class: 'how' },
      how,
      ' ',
      h('span', { class: 'hint' }, local ? 'Refused by solotab, in one tab.' : 'Told in every tab.'),
    ),
    arrived,
    h('td', {}, button),
  );
  return { element, arrived, button };
}

function offerExperiments(): void {
  const buttons = [produceAll, ...rows.map(({ button }) => button)];
  const stage = { tabs, service, extras, user: currentUser() };

  async function produce({ experiment, arrived }: (typeof rows)[number]): Promise<void> {
    const { code } = experiment;
    progress.textContent = `${code}: ${experiment.how}`;
    try {
      const labels = await play(experiment, stage);
      arrived.replaceChildren(...labels.map((label) => h('span', { class: 'chip' }, label)));
      progress.textContent = `${code} arrived in ${labels.join(', ')}.`;
    } catch (error) {
      arrived.textContent = 'failed';
      progress.textContent = `${code}: ${error instanceof Error ? error.message : 'failed'}`;
      throw error;
    }
  }

  async function produceEach(chosen: readonly (typeof rows)[number][]): Promise<void> {
    for (const button of buttons) button.disabled = true;
    try {
      for (const row of chosen) {
        await produce(row);
        // Room in the timeline between one and the next.
        if (chosen.length > 1) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      }
      if (chosen.length > 1) progress.textContent = `All ${chosen.length} codes arrived where they belong.`;
    } catch {
      // Said where the progress is.
    } finally {
      for (const button of buttons) button.disabled = false;
      await refresh();
    }
  }

  for (const row of rows) row.button.addEventListener('click', () => void produceEach([row]));
  produceAll.addEventListener('click', () => {
    for (const { arrived } of rows) arrived.textContent = '–';
    void produceEach(rows);
  });
}

function offerConditions(): void {
  form.addEventListener('change', () => {
    const data = new FormData(form);
    // The options of the form's own select; the server checks them again.
    const tokens = String(data.get('tokens')) as Conditions['tokens'];
    const switches = {
      refuseConnections: data.has('refuseConnections'),
      serviceDown: data.has('serviceDown'),
      creditUsedUp: data.has('creditUsedUp'),
    };
    say(service.change({ latencyMs: Number(data.get('latencyMs')), tokens, ...switches }), 'So it is from now on.');
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-trouble]')) {
    button.addEventListener('click', () => {
      // The kinds are spelled out in the page.
      const kind = button.dataset.trouble as Trouble;
      const { sessionId } = currentSession();
      if (kind === 'close' && sessionId === null) said.textContent = 'There is no session to close.';
      else say(service.trouble(kind, kind === 'close' ? sessionId : null), 'Done.');
    });
  }
  byId('repair', HTMLButtonElement).addEventListener('click', () => {
    void extras.leave();
    say(service.repair(), 'Everything works again.');
  });
  byId('fill', HTMLButtonElement).addEventListener('click', () => say(fill(), 'Five agents are there now.'));
  void refresh();
}

async function fill(): Promise<SiteView> {
  const { sessionId } = currentSession();
  const { sessions } = await service.view();
  const session = sessions.find((candidate) => candidate.sessionId === sessionId);
  if (!session) throw new Error('There is no session to fill.');
  const present = session.members.filter(({ role }) => role === 'agent').length;
  const missing = Array.from({ length: AGENTS - present }, (_, index) => `agent ${present + index + 1}`);
  await Promise.all(missing.map((name) => extras.join(name, 'agent', session.pin)));
  return service.view();
}

function currentSession(): { readonly sessionId: string | null } {
  const known = tabs.list().find(({ state }) => state !== null && state.phase !== 'idle');
  return { sessionId: known?.state?.sessionId ?? null };
}

function say(work: Promise<SiteView>, text: string): void {
  work.then(
    (view) => {
      said.textContent = text;
      show(view);
    },
    (error: unknown) => {
      // A fetch that reached nobody rejects with a TypeError.
      const isOurs = error instanceof Error && !(error instanceof TypeError);
      said.textContent = isOurs ? error.message : 'The session server does not answer.';
    },
  );
}

let isRefreshDue = false;

/** A change of state comes in bursts: one look at the service is enough for all of them. */
function refreshSoon(): void {
  if (isRefreshDue) return;
  isRefreshDue = true;
  setTimeout(() => {
    isRefreshDue = false;
    void refresh();
  }, 250);
}

async function refresh(): Promise<void> {
  await service.view().then(show, () => undefined);
}

function show({ conditions, counts, sessions }: SiteView): void {
  for (const [name, value] of Object.entries(conditions)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement) field.value = String(value);
    else if (field instanceof HTMLInputElement) field.checked = value === true;
  }
  const people = sessions.flatMap(({ pin, members }) =>
    members.map(({ userName, role, present, epoch }) =>
      h('li', {}, h('code', {}, pin), ` ${userName}, ${role}, term ${epoch}${present ? '' : ' – away'}`),
    ),
  );
  const done = Object.entries(counts).map(([name, count]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, String(count))),
  );
  byId('view', HTMLElement).replaceChildren(
    people.length === 0 ? h('p', { class: 'hint' }, 'No session.') : h('ul', { class: 'people' }, ...people),
    h('dl', { class: 'counts' }, ...done),
  );
}
