-- Whether flags that are copied from one mailbox to another have keywords without a bit here or there (ADR 0055).
create or replace function needs_rare_keywords(_source bigint, _target bigint, _flags bigint[]) returns boolean
language plpgsql stable as $$
declare
  _used bigint;
begin
  select bit_or(f) into _used from unnest(_flags) f;
  if _used & 32 /* flag: rare */ <> 0 then
    return true;
  end if;
  return _source <> _target and _used >> 6 <> 0
         and (select count(*) from keyword k where k.mailbox = _target)
             + (select count(*) from keyword k
                 where k.mailbox = _source and k.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
                   and _used >> (k.number + 6) & 1 = 1) > 57 /* limits::KEYWORDS_WITH_BIT_MAX */;
end
$$;
