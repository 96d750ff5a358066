-- Sets annotations, or removes those whose value is null: all of them or none. `_limit` bounds how many
-- all share, and how many the account has for itself. The caller has checked the rights.
create or replace function write_annotations(
  _mailbox bigint, _account bigint, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
begin
  delete from annotation a
   using unnest(_entries, _values) as w (entry, value)
   where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
     and coalesce(a.account, 0) = case when starts_with(w.entry, '/private/') then _account else 0 end
     and a.entry = w.entry
     and w.value is null;
  insert into annotation (mailbox, account, entry, value)
  select _mailbox, case when starts_with(w.entry, '/private/') then _account end, w.entry, w.value
    from unnest(_entries, _values) as w (entry, value)
   where w.value is not null
  on conflict (coalesce(mailbox, 0), coalesce(account, 0), entry) do update
     set value = excluded.value;
  if exists (select from annotation a
              where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
                and coalesce(a.account, 0) in (0, _account)
              group by a.account
             having count(*) > _limit) then
    raise exception using errcode = 'PR006', message = 'there are too many annotations';
  end if;
end
$$;
