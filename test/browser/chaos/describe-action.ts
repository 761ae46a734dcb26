import type { Action } from './actions';

/** One line of the timeline. */
export function describeAction(tab: number, action: Action): string {
  switch (action.type) {
    case 'call': {
      const options = [action.force && 'force', action.abortable && 'signal'].filter(Boolean).join(', ');
      return `tab ${tab}${action.inFrame ? ', its frame' : ''}: ${action.method}(${options})`;
    }
    case 'command': {
      const times = action.count > 1 ? `, ${action.count} times` : '';
      return `tab ${tab}${action.inFrame ? ', its frame' : ''}: command ${action.command}${times}`;
    }
    case 'tell':
      return `drivers: context.${action.method}()`;
    case 'hold':
    case 'deny':
    case 'allow':
      return `backend: ${action.type} ${action.request}`;
    case 'lose':
      return `backend: the session is gone for good, and the driver ${action.how}`;
    case 'hangUp':
      return `backend: the other side hangs up on whoever connects next: ${action.how}`;
    case 'clear':
      return `the site’s data is cleared: ${action.what}`;
    case 'damage':
      return `the store is written by somebody else: ${action.what}`;
    case 'offline':
    case 'online':
      return `the browser is ${action.type}`;
    case 'quit':
      return `all tabs: ${action.how}`;
    case 'restore':
      return `tab ${tab}: restored as tab ${action.as}`;
    case 'duplicate':
      return `tab ${tab}: duplicate as tab ${action.as}`;
    default:
      return `tab ${tab}: ${action.type}`;
  }
}
