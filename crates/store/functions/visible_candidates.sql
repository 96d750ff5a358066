-- The mailboxes that an account may see, as far as its name and whom it is among say: rights are judged by whoever asks. A function,
-- because the two ways are so unlike: planned together, PostgreSQL expects of everybody what a site administrator gets, and reads all names.
create or replace function visible_candidates(_account bigint, _identifiers text[], _is_admin boolean) returns setof bigint
language plpgsql stable rows 10 as $$
begin
  if _is_admin then
    return query select n.mailbox from mailbox_name n;
  else
    return query
      select n.mailbox
        from mailbox_name n
       where n.owner = _account
       union
      select n.mailbox
        from acl_entry e
        join mailbox_name n on n.list_of = e.mailbox
       where e.identifier = any (_identifiers);
  end if;
end
$$;
