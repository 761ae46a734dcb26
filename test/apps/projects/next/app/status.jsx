'use client';

import { useState } from 'react';
import { createCoordinator } from 'solotab';
import { useSession, useSessionEvent } from 'solotab/react';

const driver = {
  start: ({ topic }, { publish }) => {
    publish({ topic });
    return 'a session';
  },
  end() {},
};
const support = createCoordinator({ name: 'support', driver });

export function Status() {
  const { phase, role, info } = useSession(support);
  const [refusal, setRefusal] = useState(0);
  useSessionEvent(support, 'session_error', ({ code }) => setRefusal(code));
  return (
    <main>
      <output>{`${phase} ${role} ${info?.topic ?? '-'} ${refusal}`}</output>
      <button type="button" onClick={() => support.start({ topic: 'billing' }).catch(() => undefined)}>
        Start
      </button>
    </main>
  );
}
