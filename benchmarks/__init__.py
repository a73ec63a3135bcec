"""Figures of the contract and the issues, each beside a baseline measured in the same run."""
