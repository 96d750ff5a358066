-- Does what edit_flags does for one account and one pair of masks, but only to messages that nobody
-- changed after `_unchanged_since` (RFC 7162, 3.1.3). Returns the others as `modified`.
create or replace function edit_unchanged_flags(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _uids int8multirange,
  _keep bigint, _add bigint, _user_keep bigint, _user_add bigint, _unchanged_since bigint,
  out modseq bigint, out is_changed boolean, out modified text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _modified int8multirange;
  _lows     bigint[];
  _highs    bigint[];
  _count    integer;
begin
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);

  select coalesce(range_agg(int8range(e.uid, e.uid, '[]')), '{}')
    into _modified
    from unnest(_uids) r
   cross join lateral (
         select e.uid, e.modseq
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e
   where e.modseq > _unchanged_since
      or exists (select from change c
                  where c.mailbox = _mailbox and c.modseq > _unchanged_since
                    and c.kind = 4 and c.account = _account and c.uids @> e.uid);

  select coalesce(array_agg(lower(r)), '{}'), coalesce(array_agg(upper(r) - 1), '{}'), count(*)
    into _lows, _highs, _count
    from unnest(_uids - _modified) r;

  select e.modseq, e.is_changed
    into modseq, is_changed
    from edit_flags(
           _mailbox, '{}', '{}', '{}',
           _lows, _highs, array_fill(_keep, array[_count]), array_fill(_add, array[_count]),
           array_fill(_account, array[_count]), _lows, _highs,
           array_fill(_user_keep, array[_count]), array_fill(_user_add, array[_count])) e;
  modified := _modified::text;
end
$$;
