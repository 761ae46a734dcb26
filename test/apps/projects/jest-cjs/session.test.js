require('../jest/session.cjs').testSession(require('solotab'), require('solotab/testing'));
