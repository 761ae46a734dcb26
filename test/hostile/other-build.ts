/** A page of another build of solotab: what is known of it is its wire format. */
import type { SimulatedBrowser } from 'solotab/testing';
import { parseMessage } from '../../src/ledger/messages';
import { parseRecord, type SessionRecord } from '../../src/session/record';

export interface OtherBuild {
  readonly heard: readonly unknown[];
  forget(): void;
  post(message: unknown): void;
}

/** One that lives, holds what its record says that it holds, and answers where it says that it does. */
export async function openOther(world: SimulatedBrowser, record: SessionRecord | null): Promise<OtherBuild> {
  const { platform } = world.openTab({ bare: true });
  const heard: unknown[] = [];
  const store = platform.openStore('simulated');
  const answers = record !== null && record.term !== null && record.proof === 'answer';
  let { asked = 0, revision = 0 } = record ?? {};

  function answerInStore(found: unknown) {
    const stored = parseRecord(found);
    const isAsked = typeof stored === 'object' && stored.term === record?.term && stored.asked > stored.answered;
    if (!isAsked) return { result: undefined };
    const answer = { ...stored, answered: stored.asked, revision: stored.revision + 1 };
    return { result: undefined, write: { record: answer } };
  }

  function answerByMessage(message: unknown): void {
    const question = parseMessage(message);
    if (question?.type !== 'call' || question.command.type !== 'ask') return;
    asked += 1;
    revision += 1;
    post({ type: 'state', version: 1, record: { ...record, asked, answered: asked, revision }, entries: [] });
  }

  const channel = platform.openChannel('simulated', (message) => {
    heard.push(message);
    if (!answers) return;
    if (record.isStored) void store?.transact(answerInStore);
    else answerByMessage(message);
  });
  const post = (message: unknown): void => channel?.post(message);

  if (record !== null && record.term !== null && record.proof === 'lock') {
    // These names are as much a part of the format as the record is.
    for (const name of [`solotab:simulated:${record.term}`, 'solotab:simulated:seat']) {
      await platform.locks?.request(name, { mode: 'exclusive', when: 'queue' });
    }
  }
  return {
    heard,
    post,
    forget() {
      heard.length = 0;
    },
  };
}
