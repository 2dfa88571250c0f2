"""The inside of a consumer, one task or one idea a module.

    feed ──► hands ──► workers ──► hands ──► flush ──► server
      ▲                   │                    │
    intake            handling, judging     settling

`_run` starts and ends the tasks, after `_preparing`; `_trouble` is their patience with the server.
"""
