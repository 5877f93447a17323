"""Valid needs drawn at random: many fields together, plausible and extreme values, known and unknown names."""

from typing import Any

from hypothesis import strategies as st

REGIONS = st.sampled_from(["CN", "US", "TW", "DE", "EU", "JP", "BR"])
TASKS = st.sampled_from(
    ["chat", "code", "reasoning", "rag", "summarization", "translation", "classification", "agent", "vision", "asr",
     "embedding", "creative_writing"]
)  # fmt: skip


def _some(*values: str, most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=most)


FLAG = st.booleans()
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "task": TASKS,
    "secondary_tasks": st.lists(TASKS, unique=True, max_size=2),
    "languages": _some("zh", "zh-Hant", "en", "ja", "de", "sw"),
    "modalities": _some("image", "audio", "video", "image_output"),
    "capabilities": _some("tools", "structured_output", "streaming", "batch", "prompt_cache", "web_search"),
    "on_prem": FLAG,
    "data_sensitivity": _some("internal", "pii", "phi", "financial", "minors", "trade_secret", "classified"),
    "agreements": _some("baa", "dpa", "zero_retention", "residency"),
    "company_region": REGIONS,
    "users_region": REGIONS,
    "data_region": REGIONS,
    "ownership_region": REGIONS,
    "sector": st.sampled_from(["public", "hospital", "bank", "other"]),
    "vendors_excluded": _some("openai", "google", "alibaba", "novita", "nobody"),
    "vendor_countries_excluded": _some("CN", "US", "EU", "FR"),
    "models_excluded": _some("qwen3.7-flash", "Gemma 4 31B", "llama", "nothing"),
    "models_only": _some("gpt-6 sol", "qwen3.8-27b", "llama-3.3-70b", "Gemma 4 31B", most=2),
    "current_model": st.just("gpt-4o"),
    "commercial": FLAG,
    "fine_tune": FLAG,
    "redistribute": FLAG,
    "open_weights": FLAG,
    "osi_license": FLAG,
    "api_only": FLAG,
    "mau": st.integers(1, 10**9),
    "annual_revenue_usd": st.integers(1, 10**10),
    "monthly_requests": st.integers(1, 10**7) | st.just(10**13),
    "peak_rps": st.floats(1e-3, 100) | st.just(1e15),
    "input_tokens": st.integers(1, 20_000) | st.integers(1, 10**9),
    "output_tokens": st.integers(1, 4_000) | st.integers(1, 10**9),
    "cached_share": st.floats(0, 1),
    "batch_ok": FLAG,
    "context_tokens": st.integers(1, 1_500_000),
    "monthly_budget": st.floats(1, 10**5) | st.just(1e-9),
    "budget_currency": st.sampled_from(["USD", "CNY", "TWD", "EUR"]),
    "latency_seconds": st.floats(0.5, 300),
    "realtime": FLAG,
    "gpu": st.sampled_from(["A100", "NVIDIA H100", "RTX 4090", "L40S", "no such card"]),
    "gpu_count": st.integers(1, 8),
    "gpu_mem_gb": st.floats(8, 640),
    "ram_gb": st.floats(2, 128),
    "device": st.sampled_from(["phone", "laptop", "edge", "server"]),
    "max_params_b": st.floats(0.5, 700),
    "quality_priority": st.sampled_from(["cost", "quality", "speed", "balanced"]),
    "horizon_months": st.integers(1, 36),
    "decides_about_people": FLAG,
    "human_review": FLAG,
}  # fmt: skip


def mappings(*, most: int = 6) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings of 1 to `most` fields; they may contradict themselves."""
    names = st.lists(st.sampled_from(sorted(FIELDS)), unique=True, min_size=1, max_size=most)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: FIELDS[name] for name in chosen}))
