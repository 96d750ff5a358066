-- Sets annotations of a mailbox: all of them or none. Without a value the flag policy is again what it is at first.
-- Returns the mailbox's mod-sequence, and whether it is new. `_limit` is for write_annotations.
create or replace function set_annotations(
  _actor actor, _permit permit, _entries text[], _values bytea[], _limit integer,
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
  _policy text;
begin
  perform lock_logins(array[_actor]);
  -- A login that only reads may hold what allows private annotations.
  perform check_logins(array[_actor]);
  select l.modseq
    into _before
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;

  update mailbox_name n
     set special_use = convert_from(w.value, 'UTF8')
    from unnest(_entries, _values) as w (entry, value)
   where n.mailbox = _permit.mailbox
     and w.entry = '/private/specialuse';
  modseq := _before;
  for _policy in
    select convert_from(w.value, 'UTF8')
      from unnest(_entries, _values) as w (entry, value)
     where w.entry = '/shared/vendor/postroom/flags/private'
  loop
    modseq := set_private_flags(
      _permit.mailbox,
      case when _policy is null then 8 /* flag: seen */
           else private_flag_bits(_permit.mailbox, string_to_array(_policy, ' '))
      end);
  end loop;
  perform write_annotations(
            _permit.mailbox, _actor.account, array_agg(w.entry), array_agg(w.value), _limit)
     from unnest(_entries, _values) as w (entry, value)
    where w.entry not in ('/private/specialuse', '/shared/vendor/postroom/flags/private');
  is_changed := modseq <> _before;

  -- What somebody notes for himself is nobody else's business.
  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 10 /* activity: metadata */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, shared.entries
    from mailbox_name n
   cross join (
         select string_agg(e, ' ') as entries
           from unnest(_entries) e
          where starts_with(e, '/shared/') or e = '/private/specialuse') as shared
   where n.mailbox = _permit.mailbox
     and shared.entries is not null;
end
$$;
