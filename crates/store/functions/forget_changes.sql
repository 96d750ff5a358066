-- Forgets the oldest of what one mailbox logged: what was logged before a moment, and the older half where it logged more
-- than `_max` writes; `_limit` rows at most, so that no writer waits for long. Returns how many there were: where as many as
-- `_limit`, there may be more.
create or replace function forget_changes(_mailbox bigint, _before timestamptz, _max bigint, _limit integer) returns bigint
language plpgsql as $$
declare
  _floor     bigint;
  _last      bigint;
  _forgotten bigint;
begin
  select case when m.modseq - m.log_floor > _max then m.modseq - _max / 2 else m.log_floor end
    into _floor
    from mailbox m
   where m.id = _mailbox
     for no key update;
  -- Up to the first that stays.
  select max(o.modseq) filter (where o.goes)
    into _last
    from (select c.modseq, bool_and(c.at < _before or c.modseq <= _floor) over (order by c.modseq) as goes
            from (select c.modseq, c.at
                    from change c
                   where c.mailbox = _mailbox
                   order by c.modseq
                   limit _limit) c) o;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _last;
  get diagnostics _forgotten = row_count;
  update mailbox m
     set log_floor = greatest(_floor, _last)
   where m.id = _mailbox and m.log_floor < greatest(_floor, _last);
  return _forgotten;
end
$$;
