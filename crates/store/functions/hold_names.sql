-- Holds the groups and accounts whose names are about to be written into a list, until the transaction
-- ends: a change of the group, or the end of the account, waits until it can see the list.
create or replace function hold_names(_identifiers text[]) returns void
language plpgsql as $$
declare
  _groups text[] := array(select substr(i, 7) from unnest(_identifiers) i where i like 'group:%');
begin
  perform g.id
     from user_group g
    where g.name = any (_groups)
    order by g.id
      for key share;
  perform a.id
     from account a
    where a.name = any (_identifiers)
    order by a.id
      for key share;
end
$$;
