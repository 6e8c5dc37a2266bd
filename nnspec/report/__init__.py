"""Reports as self-contained HTML pages, made with Jinja2."""
