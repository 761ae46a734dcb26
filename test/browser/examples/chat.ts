/** What a person does in the two examples that are chats, and what shows. */
import { expect } from 'vitest';
import type { ChromiumPage } from '../support/chromium';

/** Sends in one turn, as a person who types faster than anything is answered. */
export async function send({ page }: ChromiumPage, texts: readonly string[]): Promise<void> {
  await page.evaluate((lines) => {
    const [field, form] = [document.querySelector('input'), document.querySelector('form')];
    for (const line of lines) {
      if (field) field.value = line;
      form?.requestSubmit();
    }
  }, texts);
}

/** Every tab comes to show what the server has, in the server's order and each message once. */
export async function allShow(
  tabs: readonly ChromiumPage[],
  { messages }: { readonly messages: readonly { readonly text: string }[] },
): Promise<void> {
  for (const { page } of tabs) {
    const shown = () => page.locator('li').allTextContents();
    await expect.poll(shown, { timeout: 20_000 }).toEqual(messages.map(({ text }) => text));
  }
}

export function lines(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);
}
