"""A composition of terraform/ alive on one machine: its hosts as namespaces, real programs in them, real packets.

`model` is what Terraform's state says, `network` the hosts and what connects them, `components` what runs in the hosts,
`in_host` the scripts that are run there, `scenarios` what is done with it all, `report` the pages about it.
"""
