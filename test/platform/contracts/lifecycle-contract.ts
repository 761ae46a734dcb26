import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ContractSetting, ContractTab, ContractWorld } from './tab-context';

/** What every `Lifecycle` promises, as far as a world can make a page live through it. */
export function lifecycleContract(setting: ContractSetting): void {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await setting.open();
  });
  afterEach(() => world.close());

  const listen = (tab: ContractTab): Promise<void> =>
    tab.run(({ platform, note }) => platform.lifecycle.listen(note, new AbortController().signal));
  const notes = (tab: ContractTab): Promise<readonly unknown[]> => tab.run((own) => [...own.notes]);

  test('a page that is only loaded hears nothing', async () => {
    const tab = await world.openTab();
    await listen(tab);
    expect(await notes(tab)).toEqual([]);
  });

  if (setting.can.includes('visibility')) {
    test('a page knows whether it is visible, and hears when it becomes so', async () => {
      const [first, second] = [await world.openTab(), await world.openTab()];
      await listen(first);
      await second.show();
      expect(await first.run(({ platform }) => platform.lifecycle.isVisible())).toBe(false);
      expect(await second.run(({ platform }) => platform.lifecycle.isVisible())).toBe(true);
      await first.show();
      await first.run((tab) => tab.until(() => tab.notes.includes('visible')));
      expect(await first.run(({ platform }) => platform.lifecycle.isVisible())).toBe(true);
      expect(await notes(first)).not.toContain('hide');
    });

    test('a listener whose signal is aborted hears nothing any more, nor does one whose signal was aborted before', async () => {
      const [first, second] = [await world.openTab(), await world.openTab()];
      await second.show();
      await first.run(({ platform, note }) => {
        const aborter = new AbortController();
        platform.lifecycle.listen((event) => note(`early ${event}`), aborter.signal);
        aborter.abort();
        platform.lifecycle.listen((event) => note(`late ${event}`), aborter.signal);
        platform.lifecycle.listen(note, new AbortController().signal);
      });
      await first.show();
      await first.run((tab) => tab.until(() => tab.notes.includes('visible')));
      // It may have got the focus as well.
      expect((await notes(first)).filter((note) => note !== 'focus')).toEqual(['visible']);
    });
  }

  if (setting.can.includes('cache')) {
    test('a page that goes to the cache hears hide before, and show when it is back', async () => {
      const tab = await world.openTab();
      await listen(tab);
      await tab.leave();
      await tab.back();
      await tab.run((own) => own.until(() => own.notes.includes('show')));
      const heard = await notes(tab);
      expect(heard[0]).toBe('hide');
      expect(heard.lastIndexOf('hide')).toBeLessThan(heard.indexOf('show'));
    });
  }

  if (setting.can.includes('freeze')) {
    test('a page that is frozen hears hide before, and show when it wakes', async () => {
      const [first, second] = [await world.openTab(), await world.openTab()];
      await listen(first);
      await second.show();
      await first.freeze();
      expect(await notes(first)).toEqual(['hide']);
      await first.unfreeze();
      await first.run((tab) => tab.until(() => tab.notes.includes('show')));
      expect(await notes(first)).toEqual(['hide', 'show']);
    });
  }
}
