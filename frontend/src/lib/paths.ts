export const runPath = (id: string) => `/runs/${encodeURIComponent(id)}`;
export const releasePath = (id: string) => `/releases/${encodeURIComponent(id)}`;
export const branchPath = (branch: string) => `/runs?branch=${encodeURIComponent(branch)}`;
