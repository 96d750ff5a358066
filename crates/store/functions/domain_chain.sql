-- A domain and those that it is an alias of, one after the other, each once.
create or replace function domain_chain(_domain text) returns text[]
language plpgsql stable as $$
declare
  _chain text[] := array[_domain];
  _next  text;
begin
  loop
    _next := (select d.target from domain_alias d where d.domain = _chain[cardinality(_chain)]);
    exit when _next is null or _next = any (_chain);
    if cardinality(_chain) > 10 /* limits::ALIAS_STEPS_MAX */ then
      raise exception using errcode = 'PR047', message = 'too many aliases';
    end if;
    _chain := _chain || _next;
  end loop;
  return _chain;
end
$$;
