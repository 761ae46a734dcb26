import { Status } from './status';

export default function Page() {
  return <Status />;
}
