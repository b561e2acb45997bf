import { useStore } from '@nanostores/preact';
import { number } from '../ui/number';
import { duration } from '../ui/time';
import { Choose } from './choose';
import type { Import } from './send';
import { goOn, sending } from './sending';

const WORDS: Record<Import['state'], string> = {
  uploading: 'The file is being sent',
  queued: 'The file is there, and waits for a worker',
  validating: 'Every row is being looked at',
  importing: 'The rows are being imported',
  completed: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** How far an import is, in what it is doing, at which rate, and how long that will take. */
export function Progress({ it }: { it: Import }) {
  if (it.state === 'uploading') return <Uploading it={it} />;
  const left = it.remaining_seconds === null ? null : it.remaining_seconds * 1000;
  return (
    <Bar
      what={it.cancel_requested ? 'It ends after the rows that are in progress' : WORDS[it.state]}
      unit="rows"
      done={it.rows_read}
      total={it.rows_total}
      rate={it.rows_per_second}
      left={left}
    />
  );
}

/** The upload: of this window, or one that a reload or a closed window has interrupted. */
function Uploading({ it }: { it: Import }) {
  const mine = useStore(sending);
  if (mine?.id === it.id && mine.failed === null) {
    const rate = (mine.sent - mine.first) / Math.max(0.001, (Date.now() - mine.began) / 1000);
    const left = rate > 0 ? ((mine.file.size - mine.sent) / rate) * 1000 : null;
    return (
      <Bar
        what={WORDS.uploading}
        unit="bytes"
        done={mine.sent}
        total={mine.file.size}
        rate={rate}
        left={left}
      />
    );
  }
  return (
    <>
      <div class="callout" role="status">
        <p>
          <strong>The upload was interrupted after {number(it.bytes_received)} bytes.</strong> Nothing is
          imported yet. Choose the same file, and it goes on from there.
        </p>
      </div>
      <Choose
        label="Drop the same file here, or choose it"
        onFile={(file) => goOn(it, file, mine?.query ?? {})}
      />
    </>
  );
}

function Bar(props: {
  what: string;
  unit: string;
  done: number;
  total: number | null;
  rate: number;
  left: number | null;
}) {
  const { what, unit, done, total, rate, left } = props;
  return (
    <div class="import-progress">
      <p role="status">{what}</p>
      <progress aria-label={what} max={total ?? undefined} value={total === null ? undefined : done} />
      <p class="quiet">
        {number(done)}
        {total !== null && ` of ${number(total)}`} {unit}
        {rate > 0 && `, ${number(Math.round(rate))} a second`}
        {left !== null && `, about ${duration(left)} left`}
      </p>
    </div>
  );
}
