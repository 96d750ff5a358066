-- The accounts, locked, that do not want to be shown some of these mailboxes of others (`keep_unsubscribed`). Comes
-- before the rows of mailboxes, as whoever deletes an account has it; the caller holds the tree.
create or replace function lock_unsubscribed(_mailboxes bigint[]) returns bigint[]
language plpgsql as $$
declare
  _locked bigint[];
begin
  select array_agg(a.id)
    into _locked
    from (select a.id
            from account a
           where a.id in (select s.account
                            from mailbox_name n
                            join subscription s on s.owner = n.owner and s.path = n.path
                           where n.mailbox = any (_mailboxes) and not s.is_wanted)
           order by a.id
             for key share) a;
  return coalesce(_locked, '{}');
end
$$;
