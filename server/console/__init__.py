"""The staff console: pages in a desktop browser, Chinese, keyboard first.

`door.py` is the only way in (who may open which page, forms, cookies, headers), `frame.py` draws,
`forms.py` turns fields into inputs and back, `words/` holds every word people read, `rail.py` the
list of queues. Each page group is a module with `handlers(console)`; `rooms.py` lists them.
"""
