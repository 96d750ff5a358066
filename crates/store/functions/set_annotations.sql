-- Sets annotations of a mailbox: all of them or none. Without a value the flag policy is again what it is
-- at first. Returns the mailbox's mod-sequence, and whether it is new.
create or replace function set_annotations(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _entries text[], _values bytea[], _limit integer,
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
begin
  select l.modseq
    into _before
    from lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]) l;
  update mailbox_name n
     set special_use = convert_from(w.value, 'UTF8')
    from unnest(_entries, _values) as w (entry, value)
   where n.mailbox = _mailbox
     and w.entry = '/private/specialuse';
  select coalesce(
           max(set_private_flags(
             _mailbox,
             case when w.value is null then 8
                  else private_flag_bits(_mailbox, string_to_array(convert_from(w.value, 'UTF8'), ' '))
             end)),
           _before)
    into modseq
    from unnest(_entries, _values) as w (entry, value)
   where w.entry = '/shared/vendor/postroom/flags/private';
  perform write_annotations(
            _mailbox, _account, array_agg(w.entry), array_agg(w.value), _limit)
     from unnest(_entries, _values) as w (entry, value)
    where w.entry not in ('/private/specialuse', '/shared/vendor/postroom/flags/private');
  is_changed := modseq <> _before;
end
$$;
