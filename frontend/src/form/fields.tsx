import { write } from '../api/exact';
import { dateTime } from '../ui/time';
import type { Field } from './field';
import { JsonInput } from './json-input';
import type { Json } from './merge';
import { isObject } from './merge';
import { fromLocal, toLocal } from './moment';
import { MomentInput } from './moment-input';
import { JsonPanel, Moment, Nothing, Prose } from './shown';
import { lengthOf, TextInput } from './text-input';

/** The options of every field. */
type Options = Pick<Field, 'required' | 'unique'>;

export interface TextOptions extends Options {
  /** Most characters, as the API counts them: code points. */
  max: number;
  /** Whether the form counts them. */
  counted?: boolean;
  /** Whether no text is no value at all: null in the API, and not "". */
  optional?: boolean;
  hint?: string;
}

/** A line of text. */
export function text<K extends string>(key: K, label: string, options: TextOptions): Field<K, string> {
  const { max, counted = false, optional = false, hint, ...others } = options;
  return {
    key,
    label,
    ...others,
    Input: (props) => (
      <TextInput {...props} hint={counted ? `${lengthOf(props.text)} of ${max} characters` : hint} />
    ),
    typed: (value) => value ?? '',
    read: (typed) => {
      const over = lengthOf(typed) - max;
      if (over > 0) {
        return { fault: `This is ${over} ${over === 1 ? 'character' : 'characters'} too long: ${max} fit.` };
      }
      return { value: optional && typed === '' ? null : typed };
    },
    readable: (value) => (value === '' || value === null ? '(empty)' : String(value)),
    shown: (value) => (value ? <bdi>{value}</bdi> : <Nothing />),
  };
}

/** A text of several lines, with a panel of its own. */
export function area<K extends string>(key: K, label: string, options: TextOptions): Field<K, string> {
  return {
    ...text(key, label, options),
    panel: true,
    Input: (props) => <TextInput {...props} hint={options.hint} rows={3} />,
    shown: (value) => (value ? <Prose label={label} text={value} /> : null),
  };
}

/** A date and time in the person's time zone. `none` is the word for no time, `past` the meaning of a past one. */
export function moment<K extends string>(
  key: K,
  label: string,
  { none = 'None', past, ...others }: Options & { none?: string; past?: string } = {},
): Field<K, string> {
  return {
    key,
    label,
    ...others,
    Input: (props) => <MomentInput {...props} none={none} past={past} />,
    typed: (value) => (value === null ? '' : toLocal(value)),
    read: (typed) => {
      if (typed === '') return { value: null };
      const meaning = fromLocal(typed);
      return meaning
        ? { value: meaning.at.toISOString() }
        : { fault: `This is not a date and time. Choose one, or “${none}”.` };
    },
    readable: (value) => (typeof value === 'string' ? dateTime(value) : none),
    shown: (value) => (value === null ? none : <Moment at={value} />),
  };
}

/** A JSON object, merged member by member; `member` names one of them. The parser comes with the form. */
export function json<K extends string>(
  key: K,
  label: string,
  { member, ...others }: Options & { member: string },
): Field<K, Json> {
  return {
    key,
    label,
    member,
    panel: true,
    ...others,
    Input: JsonInput,
    load: () => import('./json.later'),
    typed: (value) => (value && Object.keys(value).length > 0 ? write(value, '  ') : ''),
    read: async (typed, before) => {
      const { readObject } = await import('./json.later');
      const read = readObject(typed, before ?? null);
      return Array.isArray(read) ? { fault: read } : { value: read };
    },
    places: async (errors, typed) => {
      const { placeOf } = await import('./json.later');
      return errors.map(({ detail, pointer }) => ({ message: detail, ...placeOf(typed, pointer ?? '') }));
    },
    readable: (value) => write(value, '  '),
    shown: (value) => <JsonPanel name={key} label={label} value={isObject(value) ? value : {}} />,
  };
}
