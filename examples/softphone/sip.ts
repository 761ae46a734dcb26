/** As much of SIP's grammar (RFC 3261) as a proxy needs that changes nothing of what it passes on. */
export interface SipMessage {
  readonly text: string;
  /** Of a request. */
  readonly method: string | undefined;
  readonly uri: string;
  /** Of a response. */
  readonly status: number;
  /** Names a request, and the responses to it. */
  readonly branch: string;
  /** The first one of that name; empty if there is none. */
  header(name: string): string;
  readonly body: string;
}

export function parse(text: string): SipMessage {
  const [head = '', ...body] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', uri = ''] = first.split(' ');
  const isResponse = method === 'SIP/2.0';
  const header = (name: string): string => {
    const start = `${name.toLowerCase()}:`;
    const line = lines.find((one) => one.toLowerCase().startsWith(start)) ?? '';
    return line.slice(start.length).trim();
  };
  return {
    text,
    method: isResponse ? undefined : method,
    uri: isResponse ? '' : uri,
    status: isResponse ? Number(uri) : 0,
    branch: `${/branch=([^;,]+)/.exec(header('Via'))?.[1]} ${header('CSeq')}`,
    header,
    body: body.join('\r\n\r\n'),
  };
}

/** The address in a header such as `"Bob" <sip:bob@example.com>;tag=1`. */
export function uriIn(header: string): string {
  return /<([^>]+)>/.exec(header)?.[1] ?? header.replace(/;.*/, '');
}

/** The proxy's own answer to a request. */
export function reply(request: SipMessage, status: string, headers: readonly string[] = []): string {
  const same = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${request.header(name)}`);
  const to = request.header('To');
  return write(`SIP/2.0 ${status}`, [...same, `To: ${to.includes('tag=') ? to : `${to};tag=proxy`}`, ...headers]);
}

export function write(first: string, headers: readonly string[]): string {
  return [first, ...headers, 'Content-Length: 0', '', ''].join('\r\n');
}
