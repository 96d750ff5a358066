-- Copies or moves messages: contents are shared, UIDs are consecutive and in the order of the source.
-- Flags are taken as `_account` sees them, as far as `_allowed`; keywords keep their names.
create or replace function copy_messages(
  _source bigint, _target bigint, _account bigint,
  _source_version bigint, _source_needed smallint, _target_version bigint, _target_needed smallint,
  _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
begin
  perform m.id
     from mailbox m
    where m.id in (_source, _target)
    order by m.id
      for no key update;
  perform lock_mailbox(_source, array[_account], array[_source_version], array[_source_needed]);
  perform lock_mailbox(_target, array[_account], array[_target_version], array[_target_needed]);
  select t.uid_validity, t.first_uid, t.uids, t.modseq, t.source_modseq
    into uid_validity, first_uid, uids, modseq, source_modseq
    from transfer_messages(_source, _target, _account, _uids, _allowed, _is_move) t;
end
$$;
