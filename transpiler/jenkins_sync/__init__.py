"""Creates, updates and deletes jobs on a Jenkins server so that they match configs, for `transpipe sync`.

`jobs/define.py` makes job definitions from a workflow, `jobs/xml.py` writes them as XML, `server/listing.py` reads the
server, `plan.py` compares, and `apply.py` writes. All state is on the server, in the jobs' descriptions. This package
does not compile configs: the command passes the compiled texts to it.
"""
