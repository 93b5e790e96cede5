"""The flows that Prefect runs; `prefect.yaml` says when. Only this folder and `pipelines.schedule` import Prefect."""
