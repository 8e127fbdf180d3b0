"""cloud-init's Ec2 where it is known to be one of EC2's machines, as their firmware says, and has its network."""

from collections.abc import Sequence

from cloudinit import sources
from cloudinit.sources import DataSourceEc2

DataSourceEc2.identify_platform = lambda: DataSourceEc2.CloudNames.AWS


def get_datasource_list(depends: Sequence[str]) -> list[type]:
    return [DataSourceEc2.DataSourceEc2] if sources.DEP_NETWORK in depends else []
