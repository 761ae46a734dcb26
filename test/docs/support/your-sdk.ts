/** What `your-sdk` is where an example runs: calls that connect at once. Its types are in readers-own.d.ts. */
let calls = 0;

function connect() {
  calls++;
  return {
    ...{ id: `call-${calls}`, pin: `PIN${calls}`, onAgent: () => undefined },
    ...{ mute: async () => undefined, detach: () => undefined, hangUp: async () => undefined },
  };
}

export const yourSdk = {
  ...{ openCall: async () => connect(), joinCall: async () => connect(), reopenCall: async () => connect() },
  fetchToken: async () => 'token',
};
