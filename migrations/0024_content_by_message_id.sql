-- no-transaction
create index concurrently if not exists content_by_message_id on content (message_id) where message_id is not null
