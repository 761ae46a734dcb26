/** Every benchmark, in the order of the table. */
import { measureReloads, measureWedged } from './back';
import { measureClaims } from './claim';
import { measureCommands } from './command';
import { measureCrowds } from './crowd';
import type { Benchmark } from './effort';
import { measureEvents } from './events';
import { measureLoad } from './load';
import { measureKilled, measureLeft, measureUnasked } from './loss';
import { measureRefusals } from './refused';
import { measureRelay } from './relay';
import { measureRest } from './rest';

export const BENCHMARKS: readonly Benchmark[] = [
  { name: 'refused', measure: measureRefusals },
  { name: 'claim', measure: measureClaims },
  { name: 'relay', measure: measureRelay },
  { name: 'command', measure: measureCommands },
  { name: 'events', measure: measureEvents },
  { name: 'kill', measure: measureKilled },
  { name: 'unasked', measure: measureUnasked },
  { name: 'leave', measure: measureLeft },
  { name: 'reload', measure: measureReloads },
  { name: 'hang', measure: measureWedged },
  { name: 'load', measure: measureLoad },
  { name: 'crowd', measure: measureCrowds },
  { name: 'rest', measure: measureRest },
];
