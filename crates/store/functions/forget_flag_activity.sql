-- Forgets who changed flags in a mailbox before a moment, given in microseconds since 1970: the oldest `_limit` changes or
-- a few more; returns how many.
create or replace function forget_flag_activity(_mailbox bigint, _before bigint, _limit integer) returns bigint
language plpgsql as $$
declare
  _last      timestamptz;
  _forgotten bigint;
begin
  select max(o.at)
    into _last
    from (select a.at
            from activity a
           where a.mailbox = _mailbox
             and a.kind = 2 /* activity: flags */
             and a.at < 'epoch'::timestamptz + _before * interval '1 microsecond'
           order by a.at
           limit _limit) o;
  delete from activity a
   where a.mailbox = _mailbox
     and a.kind = 2 /* activity: flags */
     and a.at <= _last;
  get diagnostics _forgotten = row_count;
  return _forgotten;
end
$$;
