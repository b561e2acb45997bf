import type { components } from '../api/schema';

export type Run = components['schemas']['Run'];
export type Schedule = components['schemas']['Schedule'];
export type SchedulePatch = components['schemas']['SchedulePatch'];
export type Worker = components['schemas']['Worker'];
export type Token = components['schemas']['Token'];
export type Readiness = components['schemas']['Readiness'];
