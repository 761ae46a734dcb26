import * as solotab from 'solotab';
import * as testing from 'solotab/testing';
import { testSession } from '../jest/session.cjs';

testSession(solotab, testing);
