import { useStore } from '@nanostores/preact';
import { number } from '../ui/number';
import { Choose } from './choose';
import type { Import } from './send';
import { goOn, sending } from './sending';
import { bytes, left as leftWords, WORDS } from './words';

/** The progress of an import: its phase, its rows, its rate, and the time left. */
export function Progress({ it }: { it: Import }) {
  if (it.state === 'uploading') return <Uploading it={it} />;
  const left = it.remaining_seconds === null ? null : it.remaining_seconds * 1000;
  // How many rows there are is known once each was looked at; how many bytes, as soon as the file is there.
  const byBytes = it.rows_total === null && it.state === 'validating' && it.bytes_total !== null;
  return (
    <Bar
      what={it.cancel_requested ? 'Stopping after the rows in progress…' : WORDS[it.state]}
      unit={byBytes ? 'bytes' : 'rows'}
      done={byBytes ? it.bytes_read : it.rows_read}
      total={byBytes ? it.bytes_total : it.rows_total}
      rate={byBytes ? 0 : it.rows_per_second}
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
          <strong>The upload was interrupted after {bytes(it.bytes_received)}.</strong> Nothing is imported
          yet. Choose the same file to continue.
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
  const size = unit === 'bytes' ? bytes : (n: number) => number(Math.round(n));
  const things = unit === 'bytes' ? '' : ` ${unit}`;
  return (
    <div class="import-progress">
      <p role="status">{what}</p>
      <progress aria-label={what} max={total ?? undefined} value={total === null ? undefined : done} />
      <p class="quiet">
        {size(done)}
        {total !== null && ` of ${size(total)}`}
        {things}
        {rate > 0 && `, ${size(rate)} a second`}
        {left !== null && `, ${leftWords(left)} left`}
      </p>
    </div>
  );
}
