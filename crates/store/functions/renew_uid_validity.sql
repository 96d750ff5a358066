-- Gives a mailbox a new UIDVALIDITY and a mod-sequence above `_modseq`, because clients were shown what this database
-- lacks (ADR 0054). Does nothing where UIDVALIDITY is not `_uid_validity`: another node has done so. Returns what to wake
-- with, or null.
create or replace function renew_uid_validity(_mailbox bigint, _uid_validity bigint, _modseq bigint) returns bigint
language plpgsql as $$
declare
  _renewed bigint;
begin
  update mailbox m
     set uid_validity = nextval('uid_validity'),
         modseq = greatest(m.modseq, _modseq) + 1,
         -- The log tells of another mailbox, as clients see it.
         log_floor = greatest(m.modseq, _modseq) + 1
   where m.id = _mailbox and m.uid_validity = _uid_validity
  returning m.modseq into _renewed;
  if not found then
    return null;
  end if;
  delete from change c where c.mailbox = _mailbox;
  insert into change (mailbox, modseq, kind, uids) values (_mailbox, _renewed, 5 /* change: mailbox */, '{}');
  return _renewed;
end
$$;
