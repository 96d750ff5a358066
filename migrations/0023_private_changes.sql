-- What one account changed for itself, among all that happened in a mailbox: asked whenever somebody
-- selects it, and a mailbox remembers a month of changes.
create index change_of_account on change (mailbox, account, modseq) where kind = 4;
