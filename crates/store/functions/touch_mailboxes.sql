-- Makes open sessions ask anew what they may do, on every node. Returns what to wake them with.
create or replace function touch_mailboxes(_mailboxes bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform lock_mailboxes(_mailboxes);
  return query
    with touched as (
      update mailbox m
         set rights_version = m.rights_version + 1, modseq = m.modseq + 1
       where m.id = any (_mailboxes)
      returning m.id, m.modseq
    ), logged as (
      insert into change (mailbox, modseq, kind, uids)
      select t.id, t.modseq, 5 /* change: mailbox */, '{}' from touched t
    )
    select t.id, t.modseq from touched t;
end
$$;
