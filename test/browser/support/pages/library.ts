/** The library alone: another copy of it, in a page that has one already. */
export * from '../../../../src/index';
