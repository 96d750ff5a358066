-- Keywords without a bit are given out (ADR 0055): `entry_keyword` has them, and bit 5 of `entry.flags` says that it has
-- any of the message. Nothing was in it so far. A row a message, whatever it has, so that keywords take little more room
-- than messages do.
alter table entry_keyword drop column number;
alter table entry_keyword add column numbers smallint[] not null check (numbers <> '{}');
alter table entry_keyword add primary key (mailbox, uid);

-- What else refers to keywords by bits has the numbers of those without one beside it; none stands for no such keyword.
alter table activity add column keywords_set smallint[];
alter table activity add column keywords_cleared smallint[];
alter table garbage add column keywords smallint[];
